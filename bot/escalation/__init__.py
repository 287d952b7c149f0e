"""Escalation: cases, pages and the chain that goes round until a human acts."""
