package config

import (
	"bytes"
	"errors"
	"strings"

	"go.yaml.in/yaml/v3"
)

// encodeYAML writes nodes. The encoder takes what is beyond the first 65536
// characters of Unicode, such as emoji, for unprintable, and would write a mail that
// has one as a single quoted line: so these travel through it as others that the
// tree does not use. The nodes must not be used afterwards.
func encodeYAML(root *yaml.Node) ([]byte, error) {
	d := disguise{}
	d.collect(root)
	if err := d.choose(); err != nil {
		return nil, err
	}
	d.put(root)
	var b bytes.Buffer
	enc := yaml.NewEncoder(&b)
	enc.SetIndent(2)
	if err := enc.Encode(root); err != nil {
		return nil, err
	}
	if err := enc.Close(); err != nil {
		return nil, err
	}
	return d.remove(b.Bytes()), nil
}

// disguise is a set of characters: each → the one that stands in for it, or 0.
type disguise map[rune]rune

const (
	lastOfPlane       = 0xffff
	firstPrivate      = 0xe000
	lastPrivate  rune = 0xf8ff
)

func (d disguise) collect(n *yaml.Node) {
	for _, r := range n.Value + n.HeadComment + n.LineComment + n.FootComment {
		if r > lastOfPlane || r >= firstPrivate && r <= lastPrivate {
			d[r] = 0
		}
	}
	for _, child := range n.Content {
		d.collect(child)
	}
}

func (d disguise) choose() error {
	free := rune(firstPrivate)
	for r := range d {
		if r <= lastOfPlane {
			continue
		}
		for _, used := d[free]; used; _, used = d[free] {
			free++
		}
		if free > lastPrivate {
			return errors.New("has too many different characters")
		}
		d[r] = free
		free++
	}
	return nil
}

func (d disguise) put(n *yaml.Node) {
	n.Value = strings.Map(func(r rune) rune {
		if other := d[r]; other != 0 {
			return other
		}
		return r
	}, n.Value)
	for _, child := range n.Content {
		d.put(child)
	}
}

func (d disguise) remove(text []byte) []byte {
	back := map[rune]rune{}
	for r, other := range d {
		if other != 0 {
			back[other] = r
		}
	}
	return bytes.Map(func(r rune) rune {
		if r, ok := back[r]; ok {
			return r
		}
		return r
	}, text)
}
