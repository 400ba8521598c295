"""The viewer's side of the wire: listener, connections, response heads."""
