using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace CredentialProxy.Admin.Storage.Migrations
{
    /// <inheritdoc />
    public partial class ProjectOfToken : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            // Projects that were deleted while a token was made for them: without one it would be without its limits.
            migrationBuilder.Sql("""
                WITH ended AS (
                    UPDATE tokens SET "RevokedAt" = coalesce("RevokedAt", "CreatedAt"), "ProjectId" = NULL
                    WHERE NOT EXISTS (SELECT FROM projects WHERE projects."Id" = tokens."ProjectId") AND "ProjectId" IS NOT NULL RETURNING "Id")
                INSERT INTO outbox ("Kind", "ObjectId") SELECT 5, "Id" FROM ended
                """);

            migrationBuilder.AddForeignKey(
                name: "FK_tokens_projects_ProjectId",
                table: "tokens",
                column: "ProjectId",
                principalTable: "projects",
                principalColumn: "Id",
                onDelete: ReferentialAction.Restrict);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropForeignKey(
                name: "FK_tokens_projects_ProjectId",
                table: "tokens");
        }
    }
}
