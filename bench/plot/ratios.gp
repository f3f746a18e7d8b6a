# SPDX-License-Identifier: Apache-2.0
# Draws ratios.svg from what plot.py has written into `folder`: each row against its goal, and against its peers.

set encoding utf8
load folder . "/ratios.values"

# ---- Sizes, in pixels ----------------------------------------------------------------------------------------------

width = 800.0
left = 178.0       # names of rows
right = 12.0
head = 78.0        # titles and legend
row_height = 20.0
axis = 42.0        # below a panel
between = 62.0     # title and legend of the second panel
bar_height = 15.0  # of a peer

goal_height = goal_count > 0 ? goal_count * row_height + axis : 0
peer_height = peer_places > 0 ? peer_places * bar_height + axis + (goal_count > 0 ? between : 0) : 0
height = head + goal_height + peer_height

screen_x(x) = x / width
screen_y(y) = 1 - y / height

# ---- Colours -------------------------------------------------------------------------------------------------------

ink = "#24292f"
pale_ink = "#6e7781"
met = 0x1a7f6b
met_unsure = 0x94cbbf
missed = 0xd1622b
missed_unsure = 0xf0bd9e
array peer_colours[4] = [0x3b6fb6, 0x8e5ea8, 0xc8443c, 0x7d8f2c]

verdict(is_met, is_unsure) = is_met == 1 ? (is_unsure == 1 ? met_unsure : met) : \
    (is_unsure == 1 ? missed_unsure : missed)

set terminal svg size width, height fixed noenhanced font "DejaVu Sans,Verdana,sans-serif,11" background rgb "white"
set output picture
set multiplot
set border 0
set tics scale 0
set style fill solid noborder
set bars 0.6

set label 1 title at screen screen_x(12), screen_y(20) left \
    font ",15" tc rgb ink
set label 2 origin at screen screen_x(12), screen_y(38) left font ",10" tc rgb pale_ink

# A square and a text of the legend, `number` times `step` pixels to the right.
legend(tag, x, y, colour, text) = sprintf( \
    "set object %d rectangle from screen %f, %f to screen %f, %f fc rgb 0x%06x fs solid noborder;" . \
    "set label %d '%s' at screen %f, %f left font ',10' tc rgb '%s'", \
    tag, screen_x(x), screen_y(y + 5), screen_x(x + 10), screen_y(y - 5), colour, \
    tag, text, screen_x(x + 15), screen_y(y), ink)

# ---- Against the goals ---------------------------------------------------------------------------------------------

# The columns of figures stand in the panel, beyond the last tic: on an axis of their own from 0 to 1.
times_max = 800.0
times_min = 1 / 8.0
measured_at = 0.87
goal_at = 0.99

if (goal_count > 0) {
    eval(legend(11, left, 60, met, "goal met"))
    eval(legend(12, left + 85, 60, missed, "missed"))
    eval(legend(13, left + 155, 60, met_unsure, ""))
    eval(legend(14, left + 168, 60, missed_unsure, "noise exceeds the distance to the goal"))

    set lmargin at screen screen_x(left)
    set rmargin at screen screen_x(width - right)
    set tmargin at screen screen_y(head)
    set bmargin at screen screen_y(head + goal_count * row_height)
    set logscale x 2
    set xrange [times_min:times_max]
    set yrange [goal_count + 0.5:0.5]
    set x2range [0:1]
    set xtics ("1/8" 0.125, "1/4" 0.25, "1/2" 0.5, "1" 1, "2" 2, "4" 4, "8" 8, "16" 16, "32" 32) \
        nomirror offset 0, 0.3 tc rgb pale_ink font ",10"
    set grid xtics lt 1 lw 0.7 lc rgb "#d8dee4"
    set ytics nomirror tc rgb ink offset 0.5, 0
    set label 3 "times as good as the goal; whiskers: the worst and the best run" \
        at first times_min, screen screen_y(head + goal_count * row_height + 28) left font ",10" tc rgb pale_ink
    set label 4 "measured" at graph measured_at, screen screen_y(60) right font ",10" tc rgb pale_ink
    set label 5 "goal" at graph goal_at, screen screen_y(60) right font ",10" tc rgb pale_ink
    set arrow 1 from first 1, graph 0 to first 1, graph 1 nohead lw 1.4 lc rgb ink front

    do for [place = 1:goal_count:2] {
        set object (100 + place) rectangle from graph 0, first place - 0.5 to graph 1, first place + 0.5 behind \
            fc rgb "#f6f8fa" fs solid noborder
        set object (200 + place) rectangle from screen 0, first place - 0.5 to screen screen_x(left), \
            first place + 0.5 behind fc rgb "#f6f8fa" fs solid noborder
    }
    table(name) = folder . "/goal_" . name . ".table"
    plot table("bars") using (1):1:(1):2:($1 - 0.34):($1 + 0.34):(verdict($3, $4)) \
            with boxxyerror lc rgb variable notitle, \
        table("whiskers") using 2:1:3:4 with xerrorbars pt -1 lw 1.1 lc rgb ink notitle, \
        table("texts_right") using 2:1:3 with labels left offset 0.7, 0 font ",10" tc rgb ink notitle, \
        table("texts_left") using 2:1:3 with labels right offset -0.7, 0 font ",10" tc rgb ink notitle, \
        table("names") using (measured_at):1:3 axes x2y1 with labels right font ",10" tc rgb ink notitle, \
        table("names") using (goal_at):1:4 axes x2y1 with labels right font ",10" tc rgb pale_ink notitle, \
        table("names") using (NaN):1:ytic(2) notitle
    unset label
    unset arrow
    unset object
}

# ---- Against the peers ---------------------------------------------------------------------------------------------

if (peer_places > 0) {
    top = head + goal_height + (goal_count > 0 ? between : 0)
    set label 3 "times as fast as each peer" at screen screen_x(12), screen_y(top - 40) left font ",13" tc rgb ink
    x = left
    do for [i = 1:4] {
        if (word(peer_present, i) eq "1") {
            eval(legend(20 + i, x, top - 18, peer_colours[i], word(peer_names, i)))
            x = x + 30 + 7 * strlen(word(peer_names, i))
        }
    }
    set lmargin at screen screen_x(left)
    set rmargin at screen screen_x(width - right)
    set tmargin at screen screen_y(top)
    set bmargin at screen screen_y(top + peer_places * bar_height)
    unset logscale x
    set logscale x 10
    set xrange [peer_min / 1.1:peer_max * (peer_max / peer_min) ** 0.5]
    set yrange [peer_places:-0.3]
    set xtics ("1/2" 0.5, "1" 1, "2" 2, "5" 5, "10" 10, "20" 20, "50" 50, "100" 100, "200" 200, "500" 500, \
        "1000" 1000) nomirror offset 0, 0.3 tc rgb pale_ink font ",10"
    set arrow 1 from first 1, graph 0 to first 1, graph 1 nohead lw 1.4 lc rgb ink front
    set label 4 "times as fast; whiskers: the worst and the best run" at first peer_min / 1.1, \
        screen screen_y(top + peer_places * bar_height + 28) left font ",10" tc rgb pale_ink

    table(name) = folder . "/peer_" . name . ".table"
    plot table("bars") using (1):1:(1):2:($1 - 0.4):($1 + 0.4):(peer_colours[int($3) + 1]) \
            with boxxyerror lc rgb variable notitle, \
        table("whiskers") using 2:1:3:4 with xerrorbars pt -1 lw 1.1 lc rgb ink notitle, \
        table("texts_right") using 2:1:3 with labels left offset 0.7, 0 font ",10" tc rgb ink notitle, \
        table("names") using (NaN):1:ytic(2) notitle
}
unset multiplot
