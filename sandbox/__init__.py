"""A town to try Kairos in: a Bot API server, the people who use it, a clock and a referee.

The package is a part of the product. It stands where Telegram stands, so it knows nothing of the
product's core or adapters: everything between the two passes over HTTP.
"""
