"""Skills for right now, each by itself: read, rate, ride a live timer, rate again; or just the steps."""
