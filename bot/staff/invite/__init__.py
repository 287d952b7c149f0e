"""Invitations from the chat, and the inviter's word for a staff account."""
