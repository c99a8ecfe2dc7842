"""The device that learners compute on, and a pretended one where there is no GPU."""
