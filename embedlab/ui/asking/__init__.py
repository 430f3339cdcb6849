"""Parts of the pages that ask (Ask, Recommend), take away, and look after the workspace."""
