"""What somebody is told who opens the explorer without a token: `NO_TOKEN` programs, `NO_TOKEN_PAGE` people."""

from typing import Final

NO_TOKEN: Final = "open the address that topoact printed: it carries this session's token"  # noqa: S105
NO_TOKEN_PAGE: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>TopoAct: this link lacks its key</title>
<style>
:root { color-scheme: light dark; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; font: 16px/1.55 system-ui, sans-serif;
  background: light-dark(#f6f7f9, #14171c); color: light-dark(#1b1f24, #e6e9ee); }
main { max-width: 34rem; padding: 2rem; }
h1 { font-size: 1.35rem; margin: 0 0 1rem; }
p, li { margin: 0 0 .7rem; }
ul { padding-left: 1.2rem; margin: 0; }
code { font: .92em ui-monospace, monospace; padding: .1em .35em; border-radius: 4px;
  background: light-dark(#e7eaee, #262b33); }
</style>
</head>
<body>
<main>
<h1>This link lacks its key</h1>
<p>A TopoAct explorer answers here: the mapper graph of what a neural network has learnt. It shows its study only to
whoever has the key of this session, which is the part <code>?token=…</code> of the address.</p>
<ul>
<li>Somebody sent you this link? Ask for one made with <b>Copy a link</b> in the explorer: it holds a key for reading
and the view that you were meant to see. An address copied from the browser's address bar holds none.</li>
<li>You started the explorer yourself? Open the address that <code>topoact serve</code> printed in the terminal. Each
start has a new key, so older addresses and tabs stop working.</li>
</ul>
</main>
</body>
</html>
"""  # noqa: S105
