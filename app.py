"""The composition of the cloud: one stage, its stacks. `cdk deploy --all -c stage=dev`."""

from __future__ import annotations

import aws_cdk as cdk

from infra.compose import compose

app = cdk.App()
compose(app)
app.synth()
