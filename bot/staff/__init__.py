"""What staff can do in the chat: a folder per slice."""
