package config

import (
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"mailgun-connector/schema"
)

// Revision is a config as it was at one time: its text, and the texts of the files that it
// names by the names that it has for them.
type Revision struct {
	Document
	Files map[string]string
}

// Changes returns where two revisions differ, as sorted JSON Pointers; to the member that
// names a file if it is that file's text. Localized templates are compared by type and language,
// and told by their place in a, others and another order as the whole list; other lists are
// compared by place, and as a whole if their lengths differ. The error is an [*InvalidError]
// for a text that can't be read.
func Changes(a, b Revision) ([]string, error) { return changes(a, b, true) }

// changes is [Changes], and with intoLists false takes every list as a whole.
func changes(a, b Revision, intoLists bool) ([]string, error) {
	was, err := readTree(a.Document)
	if err != nil {
		return nil, err
	}
	is, err := readTree(b.Document)
	if err != nil {
		return nil, err
	}
	c := comparison{a.Files, b.Files, intoLists, []string{}}
	c.compare("", was.value, is.value)
	slices.Sort(c.found)
	return c.found, nil
}

type comparison struct {
	was, is   map[string]string // files
	intoLists bool
	found     []string
}

func (c *comparison) compare(pointer string, a, b any) {
	switch a := a.(type) {
	case map[string]any:
		if b, ok := b.(map[string]any); ok {
			c.objects(pointer, a, b)
			return
		}
	case []any:
		b, ok := b.([]any)
		if ok && c.intoLists && pointer == "/"+templatesMember && c.localized(pointer, a, b) {
			return
		}
		if ok && c.intoLists && len(a) == len(b) {
			for i := range a {
				c.compare(pointer+"/"+strconv.Itoa(i), a[i], b[i])
			}
			return
		}
	case string:
		if a == b && c.was[a] != c.is[a] {
			c.found = append(c.found, pointer)
			return
		}
	}
	if !reflect.DeepEqual(a, b) {
		c.found = append(c.found, pointer)
	}
}

func (c *comparison) objects(pointer string, a, b map[string]any) {
	names := maps.Clone(a)
	maps.Copy(names, b)
	for name := range names {
		was, before := a[name]
		is, after := b[name]
		at := pointer + "/" + schema.EscapePointer(name)
		if before != after {
			c.found = append(c.found, at)
			continue
		}
		c.compare(at, was, is)
	}
}

// overlap returns the pointers of a that are, hold, or are within one of b.
func overlap(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(p string) bool {
		return !slices.ContainsFunc(b, func(q string) bool {
			return p == q || strings.HasPrefix(p, q+"/") || strings.HasPrefix(q, p+"/")
		})
	})
}

// ConflictError says that two changes of a config were made at the same places.
type ConflictError struct {
	Pointers []string // where, sorted
	Base     Revision // of both
	Current  Revision
	Version  string // of the current config, see [Config.Version]
}

// Error names the places.
func (e *ConflictError) Error() string {
	return "both changes are at " + strings.Join(e.Pointers, ", ")
}

// Merge returns the current text with what a draft changed of the base that it was made of.
// The error is a [*ConflictError] if both changed the same in different ways, or where the text is
// written so that a change can't be put into it by itself, see [Graft].
func Merge(base, current Revision, draft Document) (Document, error) {
	mine, err := changes(base, Revision{draft, base.Files}, false)
	if err != nil {
		return Document{}, err
	}
	theirs, err := changes(base, current, false)
	if err != nil {
		return Document{}, err
	}
	apart, err := changes(current, Revision{draft, base.Files}, false)
	if err != nil {
		return Document{}, err
	}
	if both := overlap(overlap(mine, theirs), apart); len(both) > 0 { // who changed the same alike agrees
		return Document{}, &ConflictError{Pointers: both, Base: base, Current: current}
	}
	merged := current.Document
	for _, pointer := range mine {
		if merged, err = Graft(merged, draft, pointer); err != nil {
			return Document{}, &ConflictError{Pointers: []string{pointer}, Base: base, Current: current}
		}
	}
	return merged, nil
}

// FilesAt returns the names of the files that the member at pointer names, "" for those of
// the whole config, sorted.
func (r Revision) FilesAt(pointer string) ([]string, error) {
	doc, err := readTree(r.Document)
	if err != nil {
		return nil, err
	}
	names := map[string]struct{}{}
	r.collect(schema.Lookup(doc.value, pointer), names)
	return slices.Sorted(maps.Keys(names)), nil
}

func (r Revision) collect(value any, names map[string]struct{}) {
	switch v := value.(type) {
	case string:
		if _, ok := r.Files[v]; ok {
			names[v] = struct{}{}
		}
	case []any:
		for _, element := range v {
			r.collect(element, names)
		}
	case map[string]any:
		for _, element := range v {
			r.collect(element, names)
		}
	}
}
