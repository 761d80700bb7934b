"""Where this program is reached by HTTP: Telegram's webhooks, and what watches over it (health, metrics).

`http` speaks HTTP/1.1, `group` makes many updates durable in one transaction, `receiver` joins them,
`redirect` leads on who opens a tracked link, `figures` writes metrics down. TLS and the
public address are a reverse proxy's.
"""
