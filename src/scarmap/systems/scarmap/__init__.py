"""The recommended recipe: one light network for any subset of LGE, T2 and bSSFP; also the built-in model's."""
