"""Telegram over HTTP: the lean client, what its errors mean, the poller, and the messenger."""
