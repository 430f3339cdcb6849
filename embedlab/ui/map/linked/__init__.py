"""Two linked maps: their data, and the component that shows them."""
