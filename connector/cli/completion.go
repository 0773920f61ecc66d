package cli

import (
	"fmt"
	"strings"

	"github.com/alecthomas/kong"
)

type completionCmd struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"bash, zsh or fish."`
}

// Run prints a script that completes commands and options. It is made of what kong knows
// of them, and needs no run of the program while somebody types: the kept modules for
// this would run it at each key, and bring two more modules each.
func (cmd *completionCmd) Run(c *call) error {
	script := map[string]func(*kong.Application) string{
		"bash": bashCompletion, "zsh": zshCompletion, "fish": fishCompletion,
	}[cmd.Shell]
	_, err := fmt.Fprint(c.Stdout, script(c.model))
	return err
}

// flagsOf returns a command's options as they are written.
func flagsOf(node *kong.Node) (flags []string) {
	for _, group := range node.AllFlags(true) {
		for _, flag := range group {
			flags = append(flags, "--"+flag.Name)
		}
	}
	return flags
}

func commandNames(model *kong.Application) (names []string) {
	for _, command := range model.Children {
		names = append(names, command.Name)
	}
	return names
}

const bashHead = `_mailgun_connector() {
	local word=${COMP_WORDS[COMP_CWORD]} words=
	case ${COMP_WORDS[1]} in
`

const bashTail = `	*) words="%s" ;;
	esac
	if [ "$COMP_CWORD" -eq 1 ]; then words="%[1]s"; fi
	COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -o default -F _mailgun_connector mailgun-connector
`

func bashCompletion(model *kong.Application) string {
	var b strings.Builder
	b.WriteString(bashHead)
	for _, command := range model.Children {
		fmt.Fprintf(&b, "\t%s) words=\"%s\" ;;\n", command.Name, strings.Join(flagsOf(command), " "))
	}
	fmt.Fprintf(&b, bashTail, strings.Join(commandNames(model), " "))
	return b.String()
}

// zshCompletion is bash's, which zsh can read.
func zshCompletion(model *kong.Application) string {
	return "#compdef mailgun-connector\nautoload -U +X bashcompinit && bashcompinit\n" + bashCompletion(model)
}

func fishCompletion(model *kong.Application) string {
	var b strings.Builder
	b.WriteString("complete -c mailgun-connector -f -n __fish_use_subcommand\n")
	for _, command := range model.Children {
		fmt.Fprintf(&b, "complete -c mailgun-connector -n __fish_use_subcommand -a %s -d '%s'\n",
			command.Name, strings.ReplaceAll(command.Help, "'", `\'`))
		for _, flag := range flagsOf(command) {
			fmt.Fprintf(&b, "complete -c mailgun-connector -n '__fish_seen_subcommand_from %s' -l %s\n",
				command.Name, strings.TrimPrefix(flag, "--"))
		}
	}
	return b.String()
}
