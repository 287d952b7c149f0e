"""The demo: a local Bot API server, a seeded clinic and the page with two phones. The server is also the fake for end-to-end tests."""
