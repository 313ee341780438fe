"""The linear codec: five binary problems, a network or three for each, and equations that put them together."""
