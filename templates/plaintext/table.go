package plaintext

import "golang.org/x/net/html"

// row writes the row of a table: in one line if it has several cells with words
// and each of them is one line, as in a table of data; else each cell by itself,
// as in a layout.
func (c *converter) row(tr *html.Node, l look) {
	var cells []*writer
	texts, oneLine := 0, true
	for n := range tr.ChildNodes() {
		w := c.aside(func() { c.node(n, l) })
		if w.empty() {
			continue
		}
		cells = append(cells, w)
		if w.hasWords() {
			texts++
		}
		oneLine = oneLine && !w.broken
	}
	between, around := line, Paragraph
	if oneLine = oneLine && texts > 1; oneLine {
		between, around = cell, line
	}
	c.w.gap(around)
	for _, w := range cells {
		if oneLine {
			w.trim()
		}
		c.w.append(w)
		c.w.gap(w.space)
		if w.hasWords() {
			c.w.gap(between)
		}
	}
	c.w.gap(around)
}
