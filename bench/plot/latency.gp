# SPDX-License-Identifier: Apache-2.0
# Draws latency.svg from what plot.py has written into `folder`: quantiles, the last ones far apart as HdrHistogram
# draws them. Panels stand two in a line; the last one of an odd number has a line of its own.

set encoding utf8
load folder . "/latency.values"

# ---- Sizes, in pixels ----------------------------------------------------------------------------------------------

width = 800.0
head = 52.0
left = 52.0         # of a panel, for its figures
right = 28.0
caption = 52.0      # above a panel, with its legend
axis = 44.0         # below it
panel_height = 215.0
lines = (panel_count + 1) / 2
height = head + lines * (caption + panel_height + axis)

screen_x(x) = x / width
screen_y(y) = 1 - y / height

# ---- Style ---------------------------------------------------------------------------------------------------------

ink = "#24292f"
pale_ink = "#6e7781"
# gatio is always the first, the limit or Redis the second.
array colours[4] = ["#1a7f6b", "#c8443c", "#3b6fb6", "#8e5ea8"]

set terminal svg size width, height fixed noenhanced font "DejaVu Sans,Verdana,sans-serif,11" background rgb "white"
set output picture
set multiplot
set border 3 lc rgb "#aab2bb"
set tics scale 0.5
set grid xtics ytics lt 1 lw 0.7 lc rgb "#d8dee4"
set logscale xy
set xrange [2:10000]
set xtics ("50 %%" 2, "90 %%" 10, "99 %%" 100, "99.9 %%" 1000, "99.99 %%" 10000) nomirror tc rgb pale_ink font ",10"

set label 1 title at screen screen_x(12), screen_y(20) left font ",15" tc rgb ink
set label 2 origin at screen screen_x(12), screen_y(38) left font ",10" tc rgb pale_ink

value_of(name, panel) = value(sprintf("%s_%d", name, panel))
table(panel, curve) = sprintf("%s/latency_%d_%d.table", folder, panel, curve)
who(panel, curve) = value(sprintf("who_%d_%d", panel, curve))

# A square and a text.
legend(tag, x, y, colour, text) = sprintf( \
    "set object %d rectangle from screen %f, %f to screen %f, %f fc rgb '%s' fs solid noborder;" . \
    "set label %d '%s' at screen %f, %f left font ',10' tc rgb '%s'", \
    tag, screen_x(x), screen_y(y + 5), screen_x(x + 10), screen_y(y - 5), colour, \
    tag, text, screen_x(x + 15), screen_y(y), ink)

do for [panel = 1:panel_count] {
    is_alone = panel == panel_count && panel % 2 == 1
    x = panel % 2 == 1 ? 0 : width / 2
    line = (panel - 1) / 2
    top = head + line * (caption + panel_height + axis) + caption
    set lmargin at screen screen_x(x + left)
    set rmargin at screen screen_x(x + (is_alone ? width : width / 2) - right)
    set tmargin at screen screen_y(top)
    set bmargin at screen screen_y(top + panel_height)
    set yrange [value_of("low", panel):value_of("high", panel)]
    eval("set ytics (" . value_of("tics", panel) . ") nomirror tc rgb pale_ink font ',10'")
    set label 3 value_of("title", panel) at screen screen_x(x + 12), screen_y(top - 36) left font ",12" tc rgb ink
    set label 4 value_of("unit", panel) at screen screen_x(x + left - 7), screen_y(top - 14) right font ",10" \
        tc rgb pale_ink
    set label 5 value_of("axis", panel) at graph 0.5, screen screen_y(top + panel_height + 32) center font ",10" tc rgb pale_ink
    legend_x = x + left + 8
    do for [curve = 1:value_of("curves", panel)] {
        eval(legend(20 + curve, legend_x, top - 14, colours[curve], who(panel, curve)))
        legend_x = legend_x + 35 + 7 * strlen(who(panel, curve))
    }
    plot for [curve = 1:value_of("curves", panel)] table(panel, curve) using 1:2 with linespoints pt 7 ps 0.35 lw 2 \
        lc rgb colours[curve] notitle
    unset label
    unset object
}
unset multiplot
