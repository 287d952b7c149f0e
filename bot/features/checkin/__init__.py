"""The daily check-in, and days without one."""
