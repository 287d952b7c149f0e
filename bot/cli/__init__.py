"""The command `waymark`."""


def main() -> None:
    """Run the command line."""
