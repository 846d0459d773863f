"""What a plan consists of besides milestones and dependencies: metrics, risks and their like, all stored alike."""
