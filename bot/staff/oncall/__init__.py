"""Who is on call: seen, taken and planned."""
