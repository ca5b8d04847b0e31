"""Forums, seats, appointments, substitute order, rotation, nesting, pauses, cadence versions."""
