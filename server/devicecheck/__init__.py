"""The device check (设备体检): whether a venue can be seen and heard, known beforehand."""
