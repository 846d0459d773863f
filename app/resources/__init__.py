"""Resources: the people, teams and machines that do the work, and how much there is of each."""
