"""What every operation needs, and no word about chat: transports, errors, settings, telemetry, ids and time."""
