"""How the return is prepared, made and followed: needs, plan, risks, journey, arrival, follow-up, feedback."""
