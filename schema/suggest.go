package schema

import (
	"slices"
	"strings"
)

// Nearest returns the known name that was probably meant by one that is not among them:
// one that differs by a slip of the keyboard or two, or that begins or ends alike; ""
// for none.
func Nearest(name string, known []string) string {
	if meant := Similar(name, known, 2); meant != "" {
		return meant
	}
	meant := plain(name)
	if len(meant) < 3 {
		return ""
	}
	for _, k := range slices.Sorted(slices.Values(known)) {
		if candidate := plain(k); strings.HasPrefix(candidate, meant) || strings.HasPrefix(meant, candidate) {
			return k
		}
	}
	return ""
}

// Similar returns the known name that differs from another, beyond case and punctuation,
// by the fewest slips of the keyboard and by no more than so many; "" for none. For short
// names fewer slips count.
func Similar(name string, known []string, slips int) string {
	meant := plain(name)
	best, bestSlips := "", 1+min(slips, len(meant)/3) // a short name is near to everything
	for _, k := range slices.Sorted(slices.Values(known)) {
		if n := distance(meant, plain(k), bestSlips); n < bestSlips {
			best, bestSlips = k, n
		}
	}
	return best
}

func plain(name string) string { return strings.ToLower(punctuation.Replace(name)) }

var punctuation = strings.NewReplacer("_", "", "-", "", " ", "", ".", "")

// distance is the least number of characters to insert, delete or replace, or of
// neighbours to swap, that makes b of a (optimal string alignment), or bound if it is
// not less.
func distance(a, b string, bound int) int {
	if len(a)-len(b) >= bound || len(b)-len(a) >= bound {
		return bound
	}
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		before, last, row = last, row, before
		row[0] = i
		for j := 1; j <= len(b); j++ {
			replaced := last[j-1]
			if a[i-1] != b[j-1] {
				replaced++
			}
			row[j] = min(last[j]+1, row[j-1]+1, replaced)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
	}
	return min(row[len(b)], bound)
}
