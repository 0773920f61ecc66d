import java.util.Locale;

import org.keycloak.email.EmailException;
import org.keycloak.email.EmailTemplateProvider;
import org.keycloak.models.KeycloakContext;
import org.keycloak.models.KeycloakSession;
import org.keycloak.models.UserModel;

/** Has the recipe's provider send each of its mails, and one to nobody, as Keycloak would. */
class Recipe {
  public static void main(String[] args) throws Exception {
    KeycloakContext context = user -> Locale.forLanguageTag("fr-CA");
    KeycloakSession session = () -> context;
    mails(session, "reset@example.org").sendPasswordReset("https://auth.example.com/?key=reset", 5);
    mails(session, "verify@example.org").sendVerifyEmail("https://auth.example.com/?key=verify", 5);
    mails(session, "old@example.org").sendEmailUpdateConfirmation("https://auth.example.com/?key=update", 5, "new@example.org");
    mails(session, "broker@example.org").sendConfirmIdentityBrokerLink("https://auth.example.com/?key=broker", 5);
    mails(session, "actions@example.org").sendExecuteActions("https://auth.example.com/?key=actions", 720);
    try {
      mails(session, "nobody").sendVerifyEmail("https://auth.example.com/", 5);
      System.out.print("sent to nobody");
    } catch (EmailException e) {
      System.out.print(e.getMessage());
    }
  }

  private static EmailTemplateProvider mails(KeycloakSession session, String address) {
    return new MailTemplateProviderFactory().create(session).setUser((UserModel) () -> address);
  }
}
