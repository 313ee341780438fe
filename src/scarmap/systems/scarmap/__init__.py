"""The recommended recipe: one light network for any subset of LGE, T2 and bSSFP.

`builtin` loads the model that comes with the package: this recipe, trained on synthetic hearts.
"""
