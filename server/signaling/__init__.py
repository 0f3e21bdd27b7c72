"""The two doors of a live room: the websocket for control, WHIP and WHEP for media."""
