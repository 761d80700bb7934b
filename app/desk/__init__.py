"""The operators' desk: what they may ask (`queries`) and change (`commands`), as plain values (`views`).

Used by the verbs, the menu and later the API. It runs nothing: a running installation is `app.installation`.
"""
