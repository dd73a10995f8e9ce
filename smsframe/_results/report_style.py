"""How a report looks: on light and dark screens, on a phone, and on A4 paper.

Text has a contrast of at least 4.5:1 in all of them. Paper is always light. Bars keep their
colours on paper, and their numbers are written beside or on them, so that a printer without
colours loses nothing.
"""

from __future__ import annotations

from typing import Final

STYLE: Final = """
:root{color-scheme:light dark;--paper:#fff;--ink:#1a1d21;--soft:#4d545c;--line:#c9ced4;
--card:#f4f6f8;--edge:#0005;--call:#fff6df;--callline:#8a5a00}
@media screen and (prefers-color-scheme:dark){:root{--paper:#14171a;--ink:#eceff2;--soft:#b3bac2;
--line:#3c434a;--card:#1e2327;--edge:#fff5;--call:#2e2714;--callline:#e0b050}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);
font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
header,main,footer{max-width:54rem;margin:0 auto;padding:0 1.25rem}
header{padding-top:2rem}
footer{padding-bottom:2.5rem}
h1{font-size:1.75rem;line-height:1.25;margin:0 0 .25rem}
h2{font-size:1.2rem;line-height:1.3;margin:2.25rem 0 .5rem;break-after:avoid}
p{margin:.4rem 0;max-width:44rem}
.soft,caption,footer,dt{color:var(--soft)}
.lead{font-size:1.1rem}
dl.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(9.5rem,1fr));gap:.75rem;
margin:1.25rem 0}
dl.figures>div{background:var(--card);border:1px solid var(--line);border-radius:.5rem;
padding:.6rem .8rem}
dl.figures dt{font-size:.85rem}
dl.figures dd{margin:0;font-size:1.35rem;font-weight:650;font-variant-numeric:tabular-nums;
overflow-wrap:anywhere}
dl.facts{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1rem;margin:.6rem 0}
dl.facts dd{margin:0;overflow-wrap:anywhere}
.box{overflow-x:auto}
.box:focus-visible{outline:2px solid currentColor;outline-offset:2px}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
caption{text-align:left;padding:.2rem 0 .4rem;font-size:.9rem}
th,td{padding:.35rem .5rem;text-align:left;vertical-align:middle;
border-bottom:1px solid var(--line);font-weight:400}
thead th{font-size:.85rem;color:var(--soft);font-weight:600;vertical-align:bottom}
tbody th{min-width:5.5rem}
tr{break-inside:avoid}
caption>span{display:inline-block;position:sticky;left:0;max-width:calc(100vw - 2.5rem)}
.status{white-space:nowrap}
thead .status{white-space:normal}
.under{font-size:.85rem;color:var(--soft)}
.n{text-align:right;white-space:nowrap}
.draw{width:45%;min-width:9rem}
.bar{display:flex;height:1.5rem}
.bar>i{display:block;min-width:2px;border:1px solid var(--edge);font:600 .75rem/1.35rem inherit;
font-style:normal;font-size:.75rem;line-height:1.35rem;text-align:center;overflow:hidden;
white-space:nowrap;color:#000;print-color-adjust:exact;-webkit-print-color-adjust:exact}
.bar>i.dark{color:#fff}
.bar.large{height:2.25rem}
.bar.large>i{line-height:2.1rem;font-size:.9rem}
.sw{display:inline-block;width:.8em;height:.8em;border:1px solid var(--edge);margin-right:.4em;
border-radius:.15em;print-color-adjust:exact;-webkit-print-color-adjust:exact}
.text{background:var(--card);border:1px solid var(--line);border-radius:.5rem;
padding:.8rem 1rem;margin:.5rem 0;white-space:pre-wrap;overflow-wrap:anywhere;font:inherit}
.which{font-size:1rem;margin:1rem 0 .25rem}
.open{background:var(--call);border-left:4px solid var(--callline);padding:.6rem 1rem;
margin:.7rem 0;break-inside:avoid}
.open h3{font-size:1rem;margin:0}
code{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;font-size:.9em;
overflow-wrap:anywhere}
@media (max-width:34rem){header,main,footer{padding-left:1rem;padding-right:1rem}
dl.facts{grid-template-columns:1fr;gap:0}dl.facts dd{margin-bottom:.4rem}
th,td{padding:.35rem .3rem}.draw{width:35%;min-width:5rem}h1{font-size:1.45rem}}
@page{size:A4;margin:15mm}
@media print{body{font-size:10.5pt}section{break-inside:avoid}
header,main,footer{max-width:none;padding:0}
.box{overflow:visible}caption>span{max-width:none}
.draw{width:30%;min-width:6rem}th,td{padding:.3rem .35rem}h2{margin-top:1.4rem}}
"""
