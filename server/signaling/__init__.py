"""The two doors of a conference: the websocket for control, WHIP and WHEP for media."""
