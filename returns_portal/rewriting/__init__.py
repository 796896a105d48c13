"""What takes the tricks out of a file: run as a process of its own, without secrets, network names or Django.

A file from outside is read by decoders written in C. They get little memory, little time and no key to steal; what they
give back is made anew, so that nothing of the file but what is seen in it goes on.
"""
