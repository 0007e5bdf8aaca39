package io.github.streamleak.junit;

import io.github.streamleak.run.Names;
import io.grpc.BindableService;
import io.grpc.ServerServiceDefinition;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.ExtensionConfigurationException;
import org.junit.platform.commons.support.AnnotationSupport;
import org.junit.platform.commons.support.HierarchyTraversalMode;

/**
 * The services of a scope: those in {@link Serve} fields, and those that a builder was given.
 *
 * <p>A field is read when the server is about to start, and not earlier: the test's constructor,
 * its {@code @BeforeEach} or another extension may fill it. The price is that it can be set again
 * later, when the server has started with the first service; that is an error.
 */
final class ServedServices {

  /** A service, or a field that will hold one, and how messages name it. */
  private record Source(@Nullable Field field, @Nullable Object holder, String place) {}

  /** The fields to serve, searched once for each class and not for each of its tests. */
  private static final ClassValue<List<Field>> FIELDS =
      new ClassValue<>() {
        @Override
        protected List<Field> computeValue(Class<?> type) {
          return AnnotationSupport.findAnnotatedFields(
              type, Serve.class, field -> true, HierarchyTraversalMode.TOP_DOWN);
        }
      };

  private final List<Source> sources = new ArrayList<>();
  private List<@Nullable Object> servedValues = List.of();
  private @Nullable Collection<ServerServiceDefinition> served;

  /** Returns the fields of a class that are marked as services. */
  static List<Field> fieldsOf(Class<?> type) {
    return FIELDS.get(type);
  }

  void addStaticFieldsOf(Class<?> type) {
    addFields(type, null);
  }

  void addFieldsOf(Object instance) {
    addFields(instance.getClass(), instance);
  }

  private void addFields(Class<?> type, @Nullable Object instance) {
    for (Field field : FIELDS.get(type)) {
      if (Modifier.isStatic(field.getModifiers()) != (instance == null)) {
        continue;
      }
      Source source = new Source(field, instance, "@Serve " + Names.of(field));
      if (!sources.contains(source)) {
        sources.add(source);
      }
    }
  }

  /** Adds a service that a builder was given. */
  void add(Object service) {
    sources.add(new Source(null, service, "GrpcStreamLeakExtension.builder().serve(...)"));
  }

  /**
   * Adds the services of another scope, but none twice: an extension in a static field gives its
   * services to the class and to each test.
   */
  void addAll(ServedServices others) {
    others.sources.stream().filter(source -> !sources.contains(source)).forEach(sources::add);
  }

  /**
   * Returns the definitions to serve, each bound once and remembered.
   *
   * @throws ExtensionConfigurationException if a field is null or holds no service, or if two hold
   *     services of one name
   */
  Collection<ServerServiceDefinition> definitions() {
    if (served == null) {
      Map<String, ServerServiceDefinition> byName = new LinkedHashMap<>();
      Map<String, String> places = new LinkedHashMap<>();
      List<@Nullable Object> values = new ArrayList<>();
      for (Source source : sources) {
        Object value = value(source);
        values.add(value);
        ServerServiceDefinition definition = definition(value, source.place());
        String name = definition.getServiceDescriptor().getName();
        String other = places.putIfAbsent(name, source.place());
        if (other != null) {
          throw new ExtensionConfigurationException(
              "two services are named "
                  + name
                  + ": "
                  + other
                  + " and "
                  + source.place()
                  + "; a server takes one of each name, so remove one of them");
        }
        byName.put(name, definition);
      }
      served = byName.values();
      servedValues = values;
    }
    return served;
  }

  /**
   * Fails if a field was set again after its service was bound: the server still has the old one.
   */
  void requireUnchanged() {
    definitions();
    for (int i = 0; i < sources.size(); i++) {
      if (value(sources.get(i)) != servedValues.get(i)) {
        throw new ExtensionConfigurationException(
            sources.get(i).place()
                + " was set again after its server had started, and the server still serves the first"
                + " service; set it where it is declared, or take the stub as a parameter of the"
                + " test, for which the server is started later");
      }
    }
  }

  private static ServerServiceDefinition definition(@Nullable Object value, String place) {
    if (value instanceof ServerServiceDefinition definition) {
      return definition;
    }
    if (value instanceof BindableService service) {
      ServerServiceDefinition bound = service.bindService();
      return bound == null ? boundByItsClass(service, place) : bound;
    }
    throw new ExtensionConfigurationException(
        place
            + (value == null
                ? " is null; initialise it where it is declared, in the constructor or in"
                    + " @BeforeEach, with"
                : " holds a " + value.getClass().getName() + "; it must hold")
            + " an io.grpc.BindableService or an io.grpc.ServerServiceDefinition");
  }

  /**
   * Returns the definition of a mock, whose {@code bindService} answers null as all its methods do:
   * the class that generated stubs are nested in binds any implementation of its service.
   */
  private static ServerServiceDefinition boundByItsClass(BindableService service, String place) {
    for (Class<?> type = service.getClass(); type != null; type = type.getSuperclass()) {
      Class<?> generated = type.getEnclosingClass();
      for (Method method : generated == null ? new Method[0] : generated.getMethods()) {
        if (Modifier.isStatic(method.getModifiers())
            && method.getReturnType() == ServerServiceDefinition.class
            && method.getParameterCount() == 1
            && method.getParameterTypes()[0].isInstance(service)) {
          try {
            ServerServiceDefinition bound = (ServerServiceDefinition) method.invoke(null, service);
            if (bound != null) {
              return bound;
            }
          } catch (ReflectiveOperationException e) {
            // Then the sentence below says what to do.
          }
        }
      }
    }
    throw new ExtensionConfigurationException(
        place
            + " holds a "
            + service.getClass().getName()
            + " whose bindService() returns null, as that of a mock does; have it call the real"
            + " method, or give the mock a real service to delegate to");
  }

  private static @Nullable Object value(Source source) {
    Field field = source.field();
    return field == null
        ? source.holder()
        : Reflection.read(field, source.holder(), source.place());
  }
}
