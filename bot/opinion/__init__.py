"""The second opinion: a small learned model that reads each message after the rules have spoken. It may raise a level, never lower one."""
