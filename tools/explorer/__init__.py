"""The explorer's page: models that are asked, and panels that show what they answer.

A panel is a file of tools/explorer/panels with

    TITLE            what its tab is called
    fits(models)     whether there is something to show
    build(models)    makes its components

and a line in tools/explorer/page.py. Panels of one model get a list of it alone. Gradio is optional: `pip install .[explore]`.
"""
