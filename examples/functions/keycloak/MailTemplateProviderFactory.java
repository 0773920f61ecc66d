import org.keycloak.email.EmailTemplateProvider;
import org.keycloak.email.freemarker.FreeMarkerEmailTemplateProviderFactory;
import org.keycloak.models.KeycloakSession;

/** Makes a {@link MailTemplateProvider} for each of Keycloak's sessions. */
public class MailTemplateProviderFactory extends FreeMarkerEmailTemplateProviderFactory {
  @Override
  public EmailTemplateProvider create(KeycloakSession session) {
    return new MailTemplateProvider(session);
  }

  @Override
  public String getId() {
    return "mail-service";
  }
}
