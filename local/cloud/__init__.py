"""The cloud on this machine: started, deployed to, shown, ended."""
