"""What is to be merged: values, sets of people, and the format ``pinhui-sched/1``."""
