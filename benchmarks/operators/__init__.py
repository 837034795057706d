"""Operators that alter the programs of a valid entry so that the truth of the result is known.

`right` holds those that keep what a program does, `wrong` those that make another program of
it, `claims` those that leave both programs and alter what is said of them. An operator
returns None where its precondition does not hold: then the truth would not be certain.
"""
