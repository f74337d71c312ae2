"""The cloud: five stacks from five patterns."""
