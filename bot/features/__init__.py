"""What a patient meets: one slice a folder, none imports another."""
