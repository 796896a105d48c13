"""Who holds the ball from the assessment on."""
