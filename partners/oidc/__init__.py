"""Single sign-on of an authority: OpenID Connect, read strictly, on top of allauth."""
