"""What can be proven: that no plan is cheaper, and why there is none."""
