"""The Bot API over HTTP, as Telegram answers it, on top of `sandbox.world`.

`server` is the face; `methods` what bots may call; `errors` Telegram's own words; `limits` how often;
`faults` what goes wrong on demand; `entities` and `markup` check what a message carries.
"""
