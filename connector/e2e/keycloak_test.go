//go:build e2e

package e2e_test

import (
	"io/fs"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestRecipeForKeycloak compiles examples/functions/keycloak against the classes that it
// uses of Keycloak's, and has it send.
func TestRecipeForKeycloak(t *testing.T) {
	t.Parallel()
	javac, err := exec.LookPath("javac")
	if err != nil {
		t.Fatalf("this test needs a JDK: run `make e2e`, which installs one (%v)", err)
	}
	classes := t.TempDir()
	args := []string{"-d", classes}
	for _, folder := range []string{"callers/keycloak", "../../examples/functions/keycloak"} {
		must(t, filepath.WalkDir(folder, func(path string, _ fs.DirEntry, err error) error {
			if filepath.Ext(path) == ".java" {
				args = append(args, path)
			}
			return err
		}))
	}
	if said, err := exec.CommandContext(t.Context(), javac, args...).CombinedOutput(); err != nil {
		t.Fatalf("javac: %v; it says:\n%s", err, said)
	}
	s := start(t, spec{config: withBrand(nil)})
	cmd := exec.CommandContext(t.Context(), filepath.Join(filepath.Dir(javac), "java"), "-cp", classes, "Recipe")
	cmd.Env = []string{"MAIL_URL=" + s.url, "MAIL_TOKEN=" + token}
	said, err := cmd.CombinedOutput()
	if err != nil || string(said) != "The mail service did not take the mail" {
		t.Fatalf("the recipe fails with %v, says %s", err, said)
	}
	checkMails(t, s, map[string]string{
		"reset@example.org":   "https://auth.example.com/?key=reset",
		"verify@example.org":  "https://auth.example.com/?key=verify",
		"new@example.org":     "https://auth.example.com/?key=update",
		"broker@example.org":  "https://auth.example.com/?key=broker",
		"actions@example.org": "https://auth.example.com/?key=actions",
	})
}
