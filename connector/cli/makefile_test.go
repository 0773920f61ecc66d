package cli_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var fuzzTarget = regexp.MustCompile(`(?m)^func (Fuzz\w+)\(`)

// A fuzz target that no command runs finds nothing.
func TestMakeFuzzRunsEveryTarget(t *testing.T) {
	t.Parallel()
	makefile, err := os.ReadFile(filepath.Join(root, "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	err = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if name := entry.Name(); entry.IsDir() && (name == "node_modules" || path != root && strings.HasPrefix(name, ".")) {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, "_test.go") {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		folder, err := filepath.Rel(root, filepath.Dir(path))
		for _, target := range fuzzTarget.FindAllStringSubmatch(string(text), -1) {
			found++
			line := regexp.MustCompile(`(?m) -fuzz ` + target[1] + ` .* \./` + regexp.QuoteMeta(filepath.ToSlash(folder)) + `$`)
			if !line.Match(makefile) {
				t.Errorf("make fuzz does not run %s of %s", target[1], folder)
			}
		}
		return err
	})
	if err != nil || found < 9 {
		t.Errorf("found %d fuzz targets, %v, want at least 9", found, err)
	}
}
